SELECT id FROM refers
