"""The daemon and the processes it begins: who reads definitions anew, who carries runs out."""
