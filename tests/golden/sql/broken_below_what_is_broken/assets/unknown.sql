SELECT id FROM comma JOIN abov USING (id)
