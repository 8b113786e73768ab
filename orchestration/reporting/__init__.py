"""From the published marts to what people read and fill in: explanations of net effects, forms for forecasts."""
