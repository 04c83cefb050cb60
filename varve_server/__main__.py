from varve_server.start import main

main()
