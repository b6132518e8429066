"""`python -m reference_service`"""

from reference_service.cli import main

main()
