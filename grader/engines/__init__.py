"""Many requests -> many replies: who asks how many at once, within what budget, and what it will cost."""
