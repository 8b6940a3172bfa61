"""What every slice stands on: settings, errors, database, HTTP; imports nothing of aird."""
