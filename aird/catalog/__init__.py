"""Models, versions, lineage and skills: the personnel files."""
