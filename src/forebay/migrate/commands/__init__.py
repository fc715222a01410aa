"""What the commands do, one module each; printing and options are the command line's."""
