"""What leaves for other people's machines: checked addresses, signatures, webhooks, notices."""
