"""What every page stands on: navigation, style, templates, HTML that answers, toasts."""
