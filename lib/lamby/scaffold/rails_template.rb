# frozen_string_literal: true

# `lamby new` passes this application template to `rails new`. It adds lamby to the Gemfile before Rails installs the
# gems.
gem "lamby"
