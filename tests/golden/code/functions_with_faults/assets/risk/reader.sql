SELECT * FROM risk.first
