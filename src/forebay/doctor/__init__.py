"""The room of `forebay doctor` and `forebay advise`: mistakes found before launch day."""
