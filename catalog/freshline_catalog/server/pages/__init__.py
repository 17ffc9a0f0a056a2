"""Pages, a module for each part of the site: the view of each, and how it is made."""
