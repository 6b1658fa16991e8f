"""`make bench`: what Lockstep costs and how fast it is, beside what people use today."""
