"""What a reader with a calculator would find in printed tables, each cause told once."""
