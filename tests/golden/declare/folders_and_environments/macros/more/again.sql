create macro NET(a) as a
