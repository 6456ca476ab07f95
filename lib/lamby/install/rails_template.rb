# frozen_string_literal: true

# What `lamby new` has "rails new" add before it installs the gems.
gem "lamby"
