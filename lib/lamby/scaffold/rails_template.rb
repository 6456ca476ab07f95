# frozen_string_literal: true

# Application template that `lamby new` passes to "rails new": adds the gem before the gems are installed.
gem "lamby"
