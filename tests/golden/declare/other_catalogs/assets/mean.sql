SELECT rate FROM fin.never
