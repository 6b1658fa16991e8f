"""The project's rules about itself."""
