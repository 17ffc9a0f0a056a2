SELECT id FROM stamp USING SAMPLE 10% (bernoulli)
