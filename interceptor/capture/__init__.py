"""Where packets come from: the shell around capture formats and interfaces."""
