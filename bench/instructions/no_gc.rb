# frozen_string_literal: true

# The number of collections would depend on the run's length.
GC.disable
