"""Systems: stochastic processes as files describe them, and their simulation.

Reaction networks, adaptive walks, diffusions, SBML models, arithmetic expressions, and the reader of system files.
May import: the root modules.
"""
