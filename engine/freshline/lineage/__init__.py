"""From definitions to the lineage graph: references resolved, SQL bound, code versions taken."""
