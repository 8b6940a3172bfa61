"""Which version runs where: M manifests and N chips meet through the drivers' caps, never pair by pair."""
