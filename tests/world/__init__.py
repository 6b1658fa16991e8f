"""What the demo and the system tests share: a deployed cloud, fleets in it, and the stories of keys."""
