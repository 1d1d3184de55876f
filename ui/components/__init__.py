"""What several pages show: walls, photos with faces, jobs, pickers, style."""
