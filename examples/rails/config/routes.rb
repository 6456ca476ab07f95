# frozen_string_literal: true

Rails.application.routes.draw do
  root "home#index"

  match "echo(/*path)", to: "requests#echo", via: :all, format: false
  get "request", to: "requests#facts"
  post "upload", to: "requests#upload"

  get "cookies", to: "responses#cookies_set"
  get "cookies/read", to: "responses#cookies_read"
  get "session", to: "responses#counter"
  get "download/data", to: "responses#download_data"
  get "download/file", to: "responses#download_file"
  get "redirect", to: "responses#redirect"
  get "empty", to: "responses#empty"
  get "json", to: "responses#data"
  get "latin1", to: "responses#latin1"
  get "clock", to: "streams#clock"
  get "table", to: "streams#table"
  get "broken", to: "streams#broken"
  get "page", to: "home#page"
  get "raise", to: "responses#fail"
end
