"""Publishing: from the marts of the build to the file that BI tools read, release by release."""
