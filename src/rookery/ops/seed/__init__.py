"""A believable world for demonstrations and measurements: people, follows, posts, pictures, polls, likes."""
