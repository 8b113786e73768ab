"""From the published marts to what people read: here the explanation of one action's net effect."""
