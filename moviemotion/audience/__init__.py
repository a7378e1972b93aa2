"""Watch the room: video in, samples of emotion out."""
