SELECT total FROM risk.fine
