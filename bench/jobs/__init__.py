"""Jobs: the runs that one process trains, where they run, the teachers they load, and what they leave."""
