SELECT id, amount FROM raw.renamed
