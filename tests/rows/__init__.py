"""Every row of the table of faults, played in the local cloud: each ends well, and then nothing happens any more."""
