"""What users see of grades: terminal, JSON, CSV, Markdown, HTML, JUnit, SARIF; one file a format."""
