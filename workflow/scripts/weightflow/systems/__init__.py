"""Systems: stochastic processes as files describe them, and their simulation.

Reaction networks, adaptive walks, SBML models, arithmetic expressions, and the reader of system files.
May import: the root modules.
"""
