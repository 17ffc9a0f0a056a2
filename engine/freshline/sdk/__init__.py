"""What user code imports from Freshline: plain decorators and values, standard library only."""
