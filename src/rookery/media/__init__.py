"""Floor 1: untrusted bytes in, safe pictures out, decoded in a child process."""
