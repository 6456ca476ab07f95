# Reads a SAM template, and writes the CloudFormation template that AWS makes from it. cfn-lint 1.58 does not
# transform templates (1.51 did), so it does not see what a function's events and policies become.
import json
import sys

from samtranslator.parser.parser import Parser
from samtranslator.translator.translator import Translator
from samtranslator.yaml_helper import yaml_parse

with open(sys.argv[1], encoding="utf-8") as file:
    template = yaml_parse(file.read())
for resource in template["Resources"].values():
    if resource["Type"] == "AWS::Serverless::Function":
        # `sam package` sets this property.
        resource["Properties"]["ImageUri"] = "123456789012.dkr.ecr.us-east-1.amazonaws.com/shop:1"
parameters = {name: "value" for name in template.get("Parameters", {})}
with open(sys.argv[2], "w", encoding="utf-8") as file:
    json.dump(Translator({}, Parser()).translate(template, parameters), file, indent=2)
