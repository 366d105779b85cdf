"""Classes of sample submissions for the demo, a module an assignment: who hands in what."""
