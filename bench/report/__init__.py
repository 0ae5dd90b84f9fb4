"""Tables, figures and the index from results: results become views (values only), views become files."""
