"""What people and programs read of a review: Markdown for a comment, JSON, and a page with a picture. Pure."""
