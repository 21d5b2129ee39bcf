"""An electron bunch through a FODO transfer line: the example project of LUME-services."""
