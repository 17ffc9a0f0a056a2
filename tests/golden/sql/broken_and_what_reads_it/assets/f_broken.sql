select id, nothing from e_fine
