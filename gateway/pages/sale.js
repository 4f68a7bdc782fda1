// The sale page.
