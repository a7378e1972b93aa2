"""What an AI assistant may read of finished studies, and the server through which it reads."""
