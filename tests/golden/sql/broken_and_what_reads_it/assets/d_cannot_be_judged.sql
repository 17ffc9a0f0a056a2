select nope_too from b_child
